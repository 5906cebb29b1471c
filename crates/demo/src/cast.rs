//! Who takes part: invented departments and enterprises, their places and their shares of their group's quota.
//!
//! Invariant: no name here is that of a real enterprise; division codes are real (GB/T 2260), so that powers can be
//! checked. Knows nothing of what they do during the year.

use domain::id::uscc_check_character;
use domain::party::Activity::{
    Exporting, Manufacturing, MetalSmelting, Mining, Recycling, Separation, Trading,
};
use domain::{Activity, OreKind, PartyId, Sector};

/// Origin of the demo's log.
pub const ORIGIN: &str = "ledger.example/rare-earths-2024";

/// The part an enterprise plays in ordinary trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Mine(OreKind),
    /// Takes ore of this kind.
    Separator(OreKind),
    Smelter,
    Trader,
    Exporter,
    Importer,
    Magnet,
    Recycler,
    /// Acts only where a plant has it act.
    Scripted,
}

/// An invented enterprise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Firm {
    pub(crate) zh: &'static str,
    pub(crate) en: &'static str,
    pub(crate) division: &'static str,
    pub(crate) group: Option<&'static str>,
    pub(crate) role: Role,
    pub(crate) activities: &'static [Activity],
    /// Share of the group's quota, in parts of the sum over its firms of the same track.
    pub(crate) weight: u64,
    /// Lots mined or imported in a month.
    pub(crate) lots: u64,
}

/// An invented department.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Department {
    pub(crate) zh: &'static str,
    pub(crate) en: &'static str,
    pub(crate) division: &'static str,
    pub(crate) sector: Sector,
}

pub(crate) const NORTHERN: &str = "NORTHERN";
pub(crate) const CREG: &str = "CREG";

macro_rules! departments {
    ($($zh:literal $en:literal $division:literal $sector:ident),+ $(,)?) => {
        &[$(Department { zh: $zh, en: $en, division: $division, sector: Sector::$sector }),+]
    };
}

/// The authority is first; provinces follow, then counties.
pub(crate) const DEPARTMENTS: &[Department] = departments![
    "稀土监管总局(示例)" "Rare Earth Authority (example)" "000000" Industry,
    "矿产资源总局(示例)" "Mineral Resources Authority (example)" "000000" NaturalResources,
    "北草省工信厅(示例)" "Industry Department 15 (example)" "150000" Industry,
    "西峰省工信厅(示例)" "Industry Department 51 (example)" "510000" Industry,
    "东泉省工信厅(示例)" "Industry Department 37 (example)" "370000" Industry,
    "南赣省工信厅(示例)" "Industry Department 36 (example)" "360000" Industry,
    "湘源省工信厅(示例)" "Industry Department 43 (example)" "430000" Industry,
    "闽江省工信厅(示例)" "Industry Department 35 (example)" "350000" Industry,
    "粤北省工信厅(示例)" "Industry Department 44 (example)" "440000" Industry,
    "甘泉省工信厅(示例)" "Industry Department 62 (example)" "620000" Industry,
    "浙海省工信厅(示例)" "Industry Department 33 (example)" "330000" Industry,
    "沪滨市工信委(示例)" "Industry Commission 31 (example)" "310000" Industry,
    "白云区工信局(示例)" "Industry Bureau 150206 (example)" "150206" Industry,
    "龙泉县自然资源局(示例)" "Natural Resources Bureau 360728 (example)" "360728" NaturalResources,
    "海港区商务局(示例)" "Commerce Bureau 310115 (example)" "310115" Commerce,
];

macro_rules! firms {
    ($(
        $zh:literal $en:literal $division:literal
        $group:expr, $role:expr, $activities:expr, $weight:literal $lots:literal
    );+ $(;)?) => {
        &[$(Firm {
            zh: $zh, en: $en, division: $division,
            group: $group, role: $role, activities: &$activities,
            weight: $weight, lots: $lots }),+]
    };
}

use OreKind::{Bastnaesite, IonAdsorption, Mixed};
use Role::{Exporter, Importer, Magnet, Mine, Recycler, Scripted, Separator, Smelter, Trader};

const IN_NORTHERN: Option<&str> = Some(NORTHERN);
const IN_CREG: Option<&str> = Some(CREG);

/// Every enterprise.
pub(crate) const FIRMS: &[Firm] = firms![
    "苍原稀土矿业" "Cangyuan Rare Earth Mining" "150206" IN_NORTHERN, Mine(Mixed), [Mining], 62 56;
    "铁岭沟选矿" "Tielinggou Concentrating" "150206" IN_NORTHERN, Mine(Mixed), [Mining], 38 40;
    "锦屏山稀土矿" "Jinpingshan Mine" "513433" IN_CREG, Mine(Bastnaesite), [Mining], 78 40;
    "湖西稀土矿" "Huxi Mine" "370826" IN_CREG, Mine(Bastnaesite), [Mining], 22 24;
    "定泉离子矿" "Dingquan Ion Mine" "360728" IN_CREG, Mine(IonAdsorption), [Mining], 48 36;
    "瑶溪离子矿" "Yaoxi Ion Mine" "431129" IN_CREG, Mine(IonAdsorption), [Mining], 27 24;
    "汀水离子矿" "Tingshui Ion Mine" "350821" IN_CREG, Mine(IonAdsorption), [Mining], 25 22;
    "苍原冶炼分离" "Cangyuan Separation" "150207" IN_NORTHERN, Separator(Mixed), [Separation], 38 0;
    "华岭稀土材料" "Hualing Rare Earth Materials" "150207" IN_NORTHERN, Separator(Mixed), [Separation], 30 0;
    "河西稀土" "Hexi Rare Earth" "620403" IN_NORTHERN, Separator(Mixed), [Separation], 20 0;
    "昆河分离" "Kunhe Separation" "150207" IN_NORTHERN, Separator(Mixed), [Separation], 12 0;
    "安宁河稀土" "Anninghe Rare Earth" "513433" IN_CREG, Separator(Bastnaesite), [Separation], 38 0;
    "微山湖新材" "Weishanhu Materials" "370826" IN_CREG, Separator(Bastnaesite), [Separation], 29 0;
    "南岭大成稀土" "Nanling Dacheng Rare Earth" "360728" IN_CREG, Separator(IonAdsorption), [Separation], 14 0;
    "丰溪稀土" "Fengxi Rare Earth" "440233" IN_CREG, Separator(IonAdsorption), [Separation], 11 0;
    "永江新材" "Yongjiang Materials" "431103" IN_CREG, Separator(IonAdsorption), [Separation], 8 0;
    "白云金属" "Baiyun Metals" "150207" IN_NORTHERN, Smelter, [MetalSmelting], 0 0;
    "苍原金属" "Cangyuan Metals" "150207" IN_NORTHERN, Smelter, [MetalSmelting], 0 0;
    "章水金属" "Zhangshui Metals" "360703" IN_CREG, Smelter, [MetalSmelting], 0 0;
    "汀州金属" "Tingzhou Metals" "350821" IN_CREG, Smelter, [MetalSmelting], 0 0;
    "清和贸易" "Qinghe Trading" "310115" None, Trader, [Trading], 0 0;
    "北辰稀土贸易" "Beichen Trading" "150207" None, Trader, [Trading], 0 0;
    "同兴贸易" "Tongxing Trading" "330212" None, Trader, [Trading], 0 0;
    "南方恒达贸易" "Hengda Trading" "360703" None, Trader, [Trading], 0 0;
    "金川贸易" "Jinchuan Trading" "513433" None, Trader, [Trading], 0 0;
    "远帆进出口" "Yuanfan Export" "310115" None, Exporter, [Trading, Exporting], 0 0;
    "鹭岛国际" "Ludao International" "350821" None, Exporter, [Trading, Exporting], 0 0;
    "滇海进口" "Dianhai Import" "310115" None, Importer, [Trading, Exporting], 0 12;
    "甬东磁材" "Yongdong Magnets" "330212" None, Magnet, [Manufacturing], 0 0;
    "苍原磁材" "Cangyuan Magnets" "150207" IN_NORTHERN, Magnet, [Manufacturing], 0 0;
    "章水磁材" "Zhangshui Magnets" "360703" None, Magnet, [Manufacturing], 0 0;
    "绿源再生" "Luyuan Recycling" "360703" None, Recycler, [Recycling], 0 8;
    "海曙循环" "Haishu Recycling" "330212" None, Recycler, [Recycling], 0 6;
    "乌石冶炼" "Wushi Separation" "440233" None, Scripted, [Separation], 0 0;
    "宏图贸易" "Hongtu Trading" "440233" None, Scripted, [Trading], 0 0;
    "长丰贸易" "Changfeng Trading" "360703" None, Scripted, [Trading], 0 0;
    "宝利再生" "Baoli Recycling" "440233" None, Scripted, [Recycling], 0 0;
    "万通贸易" "Wantong Trading" "440233" None, Scripted, [Trading], 0 0;
    "顺达贸易" "Shunda Trading" "310115" None, Scripted, [Trading], 0 0;
];

/// Places of firms in [`FIRMS`] by the offence planted on them; a test compares each with its name.
pub(crate) mod named {
    pub(crate) const OVER_QUOTA: usize = 3;
    pub(crate) const SEALED_LOT: usize = 5;
    pub(crate) const SHORT_RECEIPT_FROM: usize = 2;
    pub(crate) const SHORT_RECEIPT_BY: usize = 11;
    pub(crate) const REO_GAIN: usize = 12;
    pub(crate) const INVOICE_TWICE: usize = 21;
    pub(crate) const IMPORTER: usize = 27;
    pub(crate) const LATE_MONTH: usize = 30;
    pub(crate) const NO_QUOTA: usize = 33;
    pub(crate) const OVERSOLD: usize = 34;
    pub(crate) const UNLICENSED: usize = 35;
    pub(crate) const ORE_IN_RECYCLER: usize = 36;
    pub(crate) const SUSPENDED: usize = 37;
    pub(crate) const STRAY_RECEIPT: usize = 38;
    pub(crate) const NO_RETURN: usize = 24;
}

/// GB 11714: check character of the eight characters of an organisation code.
fn organisation_check(code: &str) -> char {
    let sum: u32 = code
        .chars()
        .zip([3, 7, 9, 10, 5, 8, 4, 2])
        .map(|(c, weight)| c.to_digit(36).unwrap_or(0) * weight)
        .sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    }
}

/// A valid unified social credit code: two characters of the register, the division, an organisation code, both checks.
pub(crate) fn credit_code(register: &str, division: &str, number: usize) -> PartyId {
    let organisation = format!("MADM{number:04}");
    let check = organisation_check(&organisation);
    let first = format!("{register}{division}{organisation}{check}");
    let check = first
        .as_bytes()
        .first_chunk()
        .and_then(uscc_check_character)
        .expect("two, six and nine characters of the code's alphabet");
    format!("{first}{check}")
        .parse()
        .expect("a code with the check character just computed")
}
